import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PayloadTexts } from './payload-text.ts';

const bytes = (json: unknown): Buffer => Buffer.from(JSON.stringify(json));
const schema = { type: 'struct', fields: [{ type: 'string', optional: true, field: ',"payload":' }], name: 'clinic.public.beds.Envelope' };

describe('a message with its schema', () => {
  test('is known again by its schema, and only its payload is read from then on', () => {
    const texts = new PayloadTexts();
    expect(JSON.parse(texts.of(bytes({ schema, payload: { id: 1 } })))).toEqual({ schema, payload: { id: 1 } });
    expect(texts.of(bytes({ schema, payload: { id: 2, ward: 'ä"}' } }))).toBe('{"id":2,"ward":"ä\\"}"}');
    expect(texts.of(bytes({ schema, payload: null }))).toBe('null');
  });

  test('of another schema is read as a whole, once', () => {
    const texts = new PayloadTexts();
    const grown = { ...schema, fields: [...schema.fields, { type: 'int32', field: 'floor' }] };
    for (const each of [schema, grown]) texts.of(bytes({ schema: each, payload: {} }));
    expect([schema, grown].map((each) => texts.of(bytes({ schema: each, payload: { id: 3 } })))).toEqual(['{"id":3}', '{"id":3}']);
  });

  test('that holds more than schema and payload is no JSON once it is cut: it is refused, not misread', () => {
    const texts = new PayloadTexts();
    texts.of(bytes({ schema, payload: { id: 1 } }));
    expect(() => { JSON.parse(texts.of(bytes({ schema, payload: { id: 2 }, more: 1 }))); }).toThrow(SyntaxError);
  });
});

test('whatever the messages, their payloads stay what they are', () => {
  fc.assert(fc.property(fc.array(fc.record({ schema: fc.oneof(fc.constant(schema), fc.object(), fc.constant(null)), payload: fc.jsonValue() })), (messages) => {
    const texts = new PayloadTexts();
    for (const message of [...messages, ...messages]) {
      const text = texts.of(bytes(message));
      const whole = JSON.stringify(message);
      expect([whole, JSON.stringify(message.payload)]).toContain(text);
    }
  }));
});

test('a message without a schema is left alone', () => {
  expect(new PayloadTexts().of(bytes({ payload: 1 }))).toBe('{"payload":1}');
  expect(new PayloadTexts().of(Buffer.from(''))).toBe('');
});
