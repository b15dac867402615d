import { describe, expect, test } from '@jest/globals';
import * as target from './target.ts';

const HOST = ['Host', 'shop.example'];
const readTarget = (url: string, rawHeaders: readonly string[], httpVersion = '1.1'): ReturnType<typeof target.readTarget> => target.readTarget({ url, rawHeaders, httpVersion });

describe('a request target', () => {
  test('goes out byte for byte, and is matched without its query', () => {
    expect(readTarget('/a%2Fb//c?x=%zz&y=/', HOST)).toEqual({ url: '/a%2Fb//c?x=%zz&y=/', path: '/a%2Fb//c' });
  });

  test('may be absolute when it names the authority that Host names', () => {
    expect(readTarget('http://SHOP.example/menu?x', HOST)).toEqual({ url: '/menu?x', path: '/menu' });
    expect(readTarget('http://shop.example?x', HOST)).toEqual({ url: '/?x', path: '/' });
  });

  test.each(['http://evil.example/menu', 'http://shop.example@evil.example/', '//', '///', '/a\\b', '/a#b', '/a b', '/a\u0000', '/a\r\nx: y', '*', 'menu', ''])('is refused: %j', (url) => {
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

  test.each(['a b', 'a/b', 'user@shop', 'a, b', 'shop:x', '[::1', 'shop"'])('is refused with a Host that names no host: %j', (host) => {
    expect(readTarget('/', ['Host', host])).toMatchObject({ status: 400 });
  });

  test.each(['shop', 'shop.example:8080', '127.0.0.1', '[::1]:80', 'my_shop', 'xn--caf-dma.example', ''])('is read with the Host %j', (host) => {
    expect(readTarget('/', ['Host', host])).toMatchObject({ path: '/' });
  });

  test('of HTTP/1.0 needs no Host, as health checks send it, and may not be chunked', () => {
    expect(readTarget('/', [], '1.0')).toMatchObject({ path: '/' });
    expect(readTarget('/', [...HOST, 'Transfer-Encoding', 'chunked'], '1.0')).toMatchObject({ status: 400 });
  });

  test('that has come through here again and again is a loop', () => {
    expect(readTarget('/', [...HOST, 'Via', Array.from({ length: 7 }, () => '1.1 strangler').join(', ')])).toMatchObject({ path: '/' });
    expect(readTarget('/', [...HOST, ...Array.from({ length: 8 }, () => ['Via', '1.1 strangler']).flat()])).toMatchObject({ status: 508 });
  });
});
