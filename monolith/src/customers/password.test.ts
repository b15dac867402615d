import { expect, test } from '@jest/globals';
import { hashPassword, verifyPassword } from './password.ts';

test('a password verifies against its own hash and no other password does', async () => {
  const hash = await hashPassword('correct horse');
  expect(await verifyPassword('correct horse', hash)).toBe(true);
  expect(await verifyPassword('correct horsf', hash)).toBe(false);
});

test('the same password hashes differently each time', async () => {
  expect(await hashPassword('correct horse')).not.toBe(await hashPassword('correct horse'));
});

test('a stored value of another scheme is never accepted', async () => {
  expect(await verifyPassword('x', 'x')).toBe(false);
  expect(await verifyPassword('x', 'md5$aa$bb')).toBe(false);
  expect(await verifyPassword('', 'scrypt$$')).toBe(false);
});
