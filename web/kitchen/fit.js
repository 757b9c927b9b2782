import { useWidth } from "../parts/chart.js";

/** How many things of a width fit into an element. */
export function useFit(px, least = 6) {
  const [element, width] = useWidth();
  return [element, Math.max(least, Math.floor(width / px))];
}
