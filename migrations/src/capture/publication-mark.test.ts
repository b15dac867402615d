import { describe, expect, test } from '@jest/globals';
import { parseMark, renamedSince, withoutNames } from './publication-mark.ts';

describe('the mark of a publication', () => {
  test('says what it publishes, and an entry for each table', () => {
    expect(parseMark('strangler 16500 t t t t t f 16501:16384:ab12cd34,16502:16390')).toEqual({ rest: 'strangler 16500 t t t t t f', entries: new Map([['16501:16384', 'ab12cd34'], ['16502:16390', undefined]]) });
  });

  test('may have no table', () => {
    expect(parseMark('strangler 16500 t t t t t f')).toEqual({ rest: 'strangler 16500 t t t t t f', entries: new Map() });
  });

  test.each(['strangler 0cc175b9c0f1b6a831c399e269772661', 'somebody\'s comment', ''])('is nothing else: %s', (comment) => {
    expect(parseMark(comment)).toBeUndefined();
  });
});

describe('tables that have another name than the mark says', () => {
  const kept = 'strangler 16500 t t t t t f 1:10:735e201a,2:20:8e7aefd0';
  const names = ['public.films', 'public.rebuilt'];
  const found = (entries: Readonly<Record<string, string>>, mark = kept) => renamedSince({ kept: mark, entries: new Map(Object.entries(entries)) }, names);

  test('are none where all is as it was, whatever is new', () => {
    expect(found({ 'public.films': '1:10', 'public.rebuilt': '2:20', 'public.seats': '3:30' })).toEqual([]);
  });

  test('are told with the name they had', () => {
    expect(found({ 'public.movies': '1:10', 'public.rebuilt': '2:20' })).toEqual([{ now: 'public.movies', was: 'public.films', takenOver: false }]);
  });

  test('may have exchanged their names, or one may have taken the other\'s', () => {
    const one = { now: 'public.films', was: 'public.rebuilt', takenOver: true };
    expect(found({ 'public.films': '2:20', 'public.rebuilt': '1:10' })).toEqual([one, { now: 'public.rebuilt', was: 'public.films', takenOver: true }]);
    expect(found({ 'public.films': '2:20' })).toEqual([one]);
    expect(renamedSince({ kept, entries: new Map([['public.films', '2:20']]) }, ['public.films'])).toEqual([{ ...one, was: undefined }]); // the config has let the other go
  });

  test('cannot be told by a mark of an older version', () => {
    expect(found({ 'public.films': '2:20', 'public.rebuilt': '1:10' }, withoutNames(kept))).toEqual([]);
    expect(withoutNames(kept)).toBe('strangler 16500 t t t t t f 1:10,2:20');
  });
});
