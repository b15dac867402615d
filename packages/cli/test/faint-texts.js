// Runs in the page: every visible text whose contrast with its ground is below 4.5 : 1, with the ratio.
(() => {
  const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data];
  };
  const linear = (part) => part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4;
  const luminance = ([red, green, blue]) => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  const groundOf = (element) => {
    for (let up = element; up !== null; up = up.parentElement) {
      const ground = rgba(getComputedStyle(up).backgroundColor);
      if (ground[3] > 250) return ground;
    }
    return rgba('Canvas');
  };
  const ownText = (element) => [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.textContent).join('').trim();
  const faint = [];
  for (const element of document.querySelectorAll('body *')) {
    const text = ownText(element);
    if (text === '' || element.closest(':disabled, script, style, svg, [hidden]') !== null || !element.checkVisibility()) continue;
    const [ink, ground] = [luminance(rgba(getComputedStyle(element).color)), luminance(groundOf(element))];
    const ratio = (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
    if (ratio < 4.5) faint.push(`${ratio.toFixed(2)} ${text.slice(0, 40)}`);
  }
  return [...new Set(faint)];
})();
