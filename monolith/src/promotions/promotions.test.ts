import { expect, test } from '@jest/globals';
import type { PromotionRow } from '../db/rows.ts';
import { refusal } from './promotions.ts';

const NOW = new Date('2024-06-01T00:00:00Z');

function promotion(changes: Partial<PromotionRow>): PromotionRow {
  return { id: 1, code: 'TEATIME5', percent_off: 5, max_uses: 2, uses: 0, expires_at: null, active: true, created_at: NOW, ...changes };
}

test('an active promotion with uses left can be used', () => {
  expect(refusal(promotion({ uses: 1 }), NOW)).toBeUndefined();
});

test('a promotion is refused when it is switched off, expired or used up', () => {
  expect(refusal(promotion({ active: false }), NOW)).toBe('is not active');
  expect(refusal(promotion({ uses: 2 }), NOW)).toBe('is used up');
  expect(refusal(promotion({ expires_at: NOW }), NOW)).toBe('has expired');
});

test('a promotion can be used up to the moment it expires', () => {
  expect(refusal(promotion({ expires_at: new Date(NOW.getTime() + 1) }), NOW)).toBeUndefined();
});
