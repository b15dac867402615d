import { describe, expect, test } from '@jest/globals';
import { planConnectors, printConnectPlan } from './plan.ts';
import { withoutSecrets } from './settings.ts';
import { explainTrace } from './trouble.ts';

describe('a plan of connectors', () => {
  const wanted = new Map([['loans', { 'slot.name': 'loans', 'database.password': '${env:LIBRARY_PASSWORD}' }], ['books', { 'slot.name': 'books' }]]);
  const registered = new Map([['loans', { config: { 'slot.name': 'lent', 'database.password': 'quill', 'old.setting': '1' } }], ['atlas', { config: {} }]]);
  const plan = planConnectors(wanted, registered);

  test('says what is new, what changes and what is somebody else\'s, and hides what is secret', () => {
    expect(printConnectPlan(plan)).toBe(`+ books: to be registered (1 settings)
~ loans: to be updated
    ~ database.password: (hidden) → \${env:LIBRARY_PASSWORD}
    - old.setting = 1
    ~ slot.name: lent → loans
  atlas: registered, not of this config; left alone`);
  });

  test('of what is registered as it is wanted is empty', () => {
    expect(planConnectors(wanted, new Map([...wanted].map(([name, config]) => [name, { config }]))).connectors.map(({ action }) => action)).toEqual(['none', 'none']);
  });
});

test('what somebody else says is repeated without the secrets of the config', () => {
  expect(withoutSecrets('config {user=ada, database.password=quill}', { 'database.password': 'quill', 'database.user': 'ada' })).toBe('config {user=ada, database.password=(hidden)}');
});

test('a trace is told by its last cause, with what to do', () => {
  const trace = 'org.apache.kafka.connect.errors.ConnectException: wrapped\n\tat a.b.C\nCaused by: org.postgresql.util.PSQLException: FATAL: password authentication failed for user "ada"\n\tat d.e.F';
  expect(explainTrace({ trace })).toEqual({ fact: 'PSQLException: FATAL: password authentication failed for user "ada"', remedy: expect.stringContaining('Correct user and password') });
});
