import { useLayoutEffect, useRef, useState } from "../core/html.js";

/** How many things of a width fit into an element. */
export function useFit(px, least = 6) {
  const element = useRef();
  const [fit, setFit] = useState(12);
  useLayoutEffect(() => {
    const measure = () => setFit(Math.max(least, Math.floor(element.current.clientWidth / px)));
    const watch = new ResizeObserver(measure);
    watch.observe(element.current);
    measure();
    return () => watch.disconnect();
  }, [px, least]);
  return [element, fit];
}
