// Before the first paint: the theme that was chosen, if one was. An address may ask for one: "#/kitchen?theme=dark".
(() => {
  const asked = /[?&]theme=(light|dark)/.exec(location.hash)?.[1];
  let kept = null;
  try {
    kept = localStorage.getItem("twofold.theme");
  } catch {
    // storage is closed to us: the system's theme it is
  }
  if (asked ?? kept) document.documentElement.dataset.theme = asked ?? kept;
})();
