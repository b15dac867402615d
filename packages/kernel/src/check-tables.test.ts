import { describe, expect, test } from '@jest/globals';
import { checkTables, oneWay } from './check-tables.ts';
import type { ReplicationConfig } from './migration-config.ts';

const config = (tables: ReplicationConfig['tables']): ReplicationConfig => ({ from: 'monolith', to: 'catalog', tables });
const found = (tables: ReplicationConfig['tables']): string[] => checkTables('r', config(tables)).map(({ where, message }) => `${where ?? ''}: ${message}`);

describe('mappings that get in each other\'s way', () => {
  test('are refused, all at once', () => {
    expect(found({
      a: { key: ['id'], into: 'both', compute: { id: { constant: '1' } } },
      b: { key: ['id'], into: 'both', where: { column: 'name', op: '<', value: 'm' } },
    })).toEqual([
      expect.stringContaining('id is made twice'), expect.stringContaining('text sorts differently'), expect.stringContaining('nothing tells them apart'),
    ]);
  });

  test('are fine with a discriminator, or where one only adds columns', () => {
    expect(found({ a: { key: ['id'], into: 'both', discriminator: { kind: 'a' } }, b: { key: ['id'], into: 'both', discriminator: { kind: 'b' } } })).toEqual([]);
    expect(found({ a: { key: ['id'], into: 'both' }, b: { key: ['id'], into: 'both', adds: 'columns', columns: { note: 'note' } } })).toEqual([]);
    expect(found({ a: { key: ['id'], into: 'both', discriminator: { kind: 'a' } }, b: { key: ['id'], into: 'both', discriminator: { kind: 'a' } } })).toHaveLength(1);
  });
});

describe('the way back', () => {
  const back = (tables: ReplicationConfig['tables']): ReplicationConfig => ({ from: 'catalog', to: 'monolith', tables });

  test('is there for codes one to one, when it translates them back', () => {
    const forward = config({ orders: { key: ['id'], values: { st: { map: { P: 'pending' } } }, columns: { st: 'status' } } });
    expect(oneWay(forward, back({ orders: { key: ['id'], columns: { status: 'st' }, values: { status: { map: { pending: 'P' } } } } }))).toEqual([]);
    expect(oneWay(forward, back({ orders: { key: ['id'] } }))).toMatchObject([{ table: 'orders', why: expect.stringContaining('back') }]);
  });

  test('is not there for filters, splits, merges and what is computed', () => {
    expect(oneWay(config({
      a: { key: ['id'], where: { column: 'x', op: 'is null' } }, b: { key: ['id'], also: [{ into: 'c' }] }, d: { key: ['id'], discriminator: { kind: 'd' } },
      e: { key: ['id'], compute: { label: { text: '{x}' } } }, f: { key: ['id'], values: { x: { map: { a: 'z', b: 'z' } } } }, g: { key: ['id'], compute: { origin: { constant: 'shop' } } },
    }), back({})).map(({ table }) => table)).toEqual(['a', 'b', 'd', 'e', 'f']);
  });
});
