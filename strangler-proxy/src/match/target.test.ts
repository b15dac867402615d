import { describe, expect, test } from '@jest/globals';
import { readTarget } from './target.ts';

const HOST = ['Host', 'shop.example'];

describe('a request target', () => {
  test('goes out byte for byte, and is matched without its query', () => {
    expect(readTarget('/a%2Fb//c?x=%zz&y=/', HOST)).toEqual({ url: '/a%2Fb//c?x=%zz&y=/', path: '/a%2Fb//c' });
  });

  test('may be absolute when it names the authority that Host names', () => {
    expect(readTarget('http://SHOP.example/menu?x', HOST)).toEqual({ url: '/menu?x', path: '/menu' });
    expect(readTarget('http://shop.example?x', HOST)).toEqual({ url: '/?x', path: '/' });
  });

  test.each(['http://evil.example/menu', 'http://shop.example@evil.example/', '/a\\b', '/a#b', '/a b', '/a\u0000', '/a\r\nx: y', '*', 'menu', ''])('is refused: %j', (url) => {
    expect(readTarget(url, HOST)).toMatchObject({ status: 400 });
  });

  test('is refused without exactly one Host', () => {
    expect(readTarget('/', [])).toMatchObject({ status: 400 });
    expect(readTarget('/', [...HOST, 'host', 'evil.example'])).toMatchObject({ status: 400 });
  });

  test('is refused with a transfer coding that would be lost on the way', () => {
    expect(readTarget('/', [...HOST, 'Transfer-Encoding', 'gzip, chunked'])).toMatchObject({ status: 501 });
    expect(readTarget('/', [...HOST, 'Transfer-Encoding', 'Chunked'])).toMatchObject({ url: '/' });
  });
});
