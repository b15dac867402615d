/**
 * What the page shows lives in the address, so that every selection is a link that can be sent and the back button works.
 * @typedef {{ readonly view: string, readonly parts: readonly string[], readonly query: URLSearchParams }} Route
 */

/** Views whose last part is a path with slashes of its own: how many parts come before it. */
const BEFORE_PATH = new Map([['map', 1], ['module', 0], ['decisions', 0], ['endpoints', 0], ['tables', 0], ['search', 0]]);

/**
 * @param {string} hash `#/map/orders/src/orders/service.ts?symbol=place`
 * @returns {Route}
 */
export function parseRoute(hash) {
  const [path = '', query = ''] = splitOnce(hash.replace(/^#\/?/, ''), '?');
  const [view = '', ...parts] = path.split('/').map(decode);
  const before = BEFORE_PATH.get(view);
  const whole = before === undefined || parts.length <= before ? parts : [...parts.slice(0, before), parts.slice(before).join('/')];
  return { view: view === '' ? 'overview' : view, parts: whole.filter((part) => part !== ''), query: new URLSearchParams(query) };
}

/**
 * @param {string} view
 * @param {readonly string[]} [parts]
 * @param {Readonly<Record<string, string | number | undefined>>} [query]
 */
export function link(view, parts = [], query = {}) {
  const asked = Object.entries(query).filter(([, value]) => value !== undefined).map(([key, value]) => [key, String(value)]);
  const told = asked.length === 0 ? '' : `?${new URLSearchParams(asked).toString()}`;
  return `#/${[view, ...parts].map((part) => encodeURIComponent(part).replaceAll('%2F', '/')).join('/')}${told}`;
}

/**
 * Writes a filter into the address without a step in the history.
 * @param {string} key
 * @param {string} value
 */
export function remember(key, value) {
  const { view, parts, query } = parseRoute(location.hash);
  if (value === '') query.delete(key);
  else query.set(key, value);
  history.replaceState(null, '', link(view, parts, Object.fromEntries(query)));
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    // A link somebody mangled: take it as it stands.
    return text;
  }
}

/**
 * @param {string} text
 * @param {string} sign
 */
function splitOnce(text, sign) {
  const at = text.indexOf(sign);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + sign.length)];
}
