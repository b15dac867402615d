// The admin API as functions. Errors arrive as code, fact and remedy and are shown as such.
const KEY = 'strangler-token';

export class Unauthorized extends Error {}

export const rememberToken = (token) => { sessionStorage.setItem(KEY, token); };
export const forgetToken = () => { sessionStorage.removeItem(KEY); };

async function call(path, body) {
  const token = sessionStorage.getItem(KEY);
  if (token === null) throw new Unauthorized('');
  let answer;
  try {
    answer = await fetch(path, {
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
  } catch {
    throw new Error('The proxy does not answer.');
  }
  if (answer.status === 401) throw new Unauthorized('That is not the token.');
  const json = await answer.json();
  if (!answer.ok) throw new Error(`${json.error.message} ${json.error.remedy ?? ''}`);
  return json;
}

const notation = (stage) => {
  if (typeof stage === 'string') return stage;
  return 'shadow' in stage ? `shadow ${String(stage.shadow.sample * 100)} %` : `canary ${String(stage.canary.percent)} %`;
};

export const api = {
  status: () => call('api/status'),
  audit: async (limit) => {
    const answer = await call(`api/audit?limit=${String(limit)}`);
    return answer.entries ?? answer;
  },
  route: (route) => call(`api/routes/${encodeURIComponent(route)}`),
  change: async (act, route, body) => {
    const answer = await call(`api/routes/${encodeURIComponent(route)}/${act}`, body);
    return { ...answer, plan: { ...answer.plan, moves: answer.plan.changes.map((each) => `${each.route}: ${notation(each.from)} → ${notation(each.to)}`) } };
  },
};

export { notation };
