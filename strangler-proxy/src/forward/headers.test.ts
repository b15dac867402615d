import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { answerHeaders, clientAddress, forwardedHeaders } from './headers.ts';

const sender = { peer: '10.0.0.7', trusted: false, secure: false, port: 8080, httpVersion: '1.1' };
const nobody = (): boolean => false;

describe('the fields of a forwarded request', () => {
  test('keep what is end-to-end, several lines as several lines', () => {
    expect(forwardedHeaders(['Host', 'shop.example', 'X-Tag', 'a', 'Accept', '*/*', 'x-tag', 'b', 'Authorization', 'Bearer t'], sender))
      .toMatchObject({ host: 'shop.example', 'x-tag': ['a', 'b'], accept: '*/*', authorization: 'Bearer t' });
  });

  test('lose what belongs to one connection, and what Connection names', () => {
    const headers = forwardedHeaders(['Host', 'h', 'Connection', 'close, X-Secret', 'X-Secret', '1', 'TE', 'trailers', 'Keep-Alive', 'timeout=5', 'Upgrade', 'h2c', 'Proxy-Authorization', 'Basic x', 'Transfer-Encoding', 'chunked'], sender);
    for (const gone of ['connection', 'x-secret', 'te', 'keep-alive', 'upgrade', 'proxy-authorization', 'transfer-encoding']) expect(headers).not.toHaveProperty(gone);
  });

  test('cannot be robbed of their authorization by way of Connection', () => {
    expect(forwardedHeaders(['Host', 'h', 'Connection', 'authorization, host', 'Authorization', 'Bearer t'], sender)).toMatchObject({ host: 'h', authorization: 'Bearer t' });
  });

  test('tell where the request came from, whatever the client claims', () => {
    expect(forwardedHeaders(['Host', 'h', 'X-Forwarded-For', '6.6.6.6', 'X-Forwarded-Proto', 'https', 'Forwarded', 'for=6.6.6.6', 'X-Real-IP', '6.6.6.6', 'X-Strangler-Mirror', '1'], sender))
      .toMatchObject({ 'x-forwarded-for': '10.0.0.7', 'x-forwarded-proto': 'http', 'x-forwarded-host': 'h', 'x-forwarded-port': '8080' });
    expect(Object.keys(forwardedHeaders(['Host', 'h', 'Forwarded', 'for=6.6.6.6', 'X-Real-IP', '6', 'X-Strangler-Mirror', '1'], sender))).not.toEqual(expect.arrayContaining(['forwarded']));
  });

  test('believe a proxy of ours', () => {
    expect(forwardedHeaders(['Host', 'h', 'X-Forwarded-For', '1.2.3.4', 'X-Forwarded-Proto', 'https'], { ...sender, trusted: true })).toMatchObject({ 'x-forwarded-for': '1.2.3.4, 10.0.0.7', 'x-forwarded-proto': 'https' });
  });

  test('name us in Via, after whoever was there before', () => {
    expect(forwardedHeaders(['Host', 'h', 'Via', '1.0 cache'], { ...sender, httpVersion: '1.0' })['via']).toEqual(['1.0 cache', '1.0 strangler']);
  });

  test('pass a valid trace on and begin one otherwise', () => {
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    expect(forwardedHeaders(['Host', 'h', 'traceparent', trace], sender)['traceparent']).toBe(trace);
    expect(forwardedHeaders(['Host', 'h', 'traceparent', 'nonsense'], sender)['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  test('of the same kind survive for any names that are not special', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.stringMatching(/^x-[a-z]{1,8}$/).filter((name) => !name.startsWith('x-forward') && !name.startsWith('x-real')), fc.stringMatching(/^[ -~]{0,20}$/)), { maxLength: 8 }), (fields) => {
      const headers = forwardedHeaders(['host', 'h', ...fields.flat()], sender);
      for (const [name] of fields) expect([headers[name]].flat()).toEqual(fields.filter(([other]) => other === name).map(([, value]) => value));
    }));
  });
});

describe('the fields of an answer', () => {
  test('keep their spelling and order, lose the connection\'s, gain ours', () => {
    expect(answerHeaders({ rawHeaders: ['Set-Cookie', 'a=1', 'X-Served-By', 'x', 'Set-Cookie', 'b=2', 'Connection', 'close, X-Hop', 'X-Hop', '1', 'x-strangler-served-by', 'lies'], httpVersion: '1.1' }, 200, 'service'))
      .toEqual(['Set-Cookie', 'a=1', 'X-Served-By', 'x', 'Set-Cookie', 'b=2', 'via', '1.1 strangler', 'x-strangler-served-by', 'service']);
  });

  test('announce no length where there can be no body', () => {
    expect(answerHeaders({ rawHeaders: ['Content-Length', '0'], httpVersion: '1.1' }, 204, 'service')).not.toContain('Content-Length');
  });
});

describe('the client\'s address', () => {
  test('is the peer\'s, unless the peer is a proxy of ours', () => {
    const raw = ['X-Forwarded-For', '6.6.6.6, 1.2.3.4', 'x-forwarded-for', '10.0.0.9'];
    expect(clientAddress(raw, '10.0.0.7', nobody)).toBe('10.0.0.7');
    expect(clientAddress(raw, '10.0.0.7', (address) => address.startsWith('10.'))).toBe('1.2.3.4');
  });
});
