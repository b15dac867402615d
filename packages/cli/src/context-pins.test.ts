import { describe, expect, test } from '@jest/globals';
import { FindingsError } from '@strangler/kernel';
import { parsePins } from './context-pins.ts';

const findings = (text: string): readonly { readonly where?: string }[] => {
  try {
    parsePins(text, 'strangler.contexts.yaml');
  } catch (error) {
    if (error instanceof FindingsError) return error.findings;
    throw error;
  }
  return [];
};

describe('strangler.contexts.yaml', () => {
  test('says which modules and tables belong to a context', () => {
    expect(parsePins('# decided in May\ncontexts:\n  ordering: { modules: ["orders/**"], tables: [orders] }\napart:\n  - [orders, films]\n', 'pins'))
      .toEqual({ contexts: { ordering: { modules: ['orders/**'], tables: ['orders'] } }, apart: [['orders', 'films']] });
  });

  test('with three mistakes lists all three, each with its place', () => {
    expect(findings('contexts:\n  ordering: { modules: orders }\n  films: { owner: me }\napart: [[orders]]\n').map(({ where }) => where).sort())
      .toEqual(['apart.0', 'contexts.films', 'contexts.ordering.modules']);
  });

  test('that is no YAML names the line', () => {
    expect(findings('contexts:\n  ordering: { modules: [\n')[0]?.where).toMatch(/^line \d+$/);
  });
});
