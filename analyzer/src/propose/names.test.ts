import { describe, expect, test } from '@jest/globals';
import { systemOf } from '../model/sample-system.ts';
import { nameContexts, vocabularyOf, type Nameless } from './names.ts';

const named = (...contexts: readonly Nameless[]): string[] => {
  const model = systemOf({ modules: Object.fromEntries(contexts.flatMap(({ modules }) => modules.map((path) => [path, []]))) });
  return nameContexts(vocabularyOf(model), contexts, new Map());
};
const folder = (path: string, files: readonly string[], tables: readonly string[] = []): Nameless => ({ modules: files.map((file) => `${path}/${file}.ts`), tables });

describe('names of contexts', () => {
  test('a word of plain speech gives way to one of the business', () => {
    expect(named(folder('jobs', ['fix-ticket-count', 'fix-ticket', 'fix-price']), folder('films', ['film', 'poster', 'fix-film', 'fix-poster']))).toEqual(['jobs', 'films']);
  });

  test('a word of the craft stays where it is what the thing is: all of it is called so, and nothing else', () => {
    expect(named(folder('framework', ['start', 'hook']), folder('films', ['film', 'poster']))).toEqual(['framework', 'films']);
  });

  test('the folder in which half of a system lies names none of its contexts', () => {
    const many = (name: string, files: readonly string[]): Nameless => folder('cinema-parts', Array.from({ length: 24 }, (_, i) => `${files[i % files.length] ?? ''}-${name}${'abcdefghijklmnopqrstuvwx'[i] ?? ''}`));
    for (const name of named(many('x', ['ticket']), many('y', ['poster']), many('z', ['seat']))) expect(['ticket', 'poster', 'seat']).toContain(name);
  });

  test('a table names its owner before a folder that half of it shares', () => {
    expect(named(folder('mail', ['letter', 'stamp'], ['notifications', 'notification_settings']), folder('films', ['film', 'poster']))[0]).toBe('notifications');
  });
});
