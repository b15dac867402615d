import { expect, test } from '@jest/globals';
import kafkajs from 'kafkajs';
import { isLeaderless } from './kafka-client.ts';

/** As kafkajs makes it of a broker's answer, which its types do not let one construct. */
const answered = (type: string): Error => Object.assign(new Error('This server is not the leader for that topic-partition'), { type, retriable: true });

test('a broker that is still electing leaders is told from one that is not there', () => {
  expect(isLeaderless(answered('NOT_LEADER_FOR_PARTITION'))).toBe(true);
  expect(isLeaderless(new kafkajs.KafkaJSNumberOfRetriesExceeded(answered('LEADER_NOT_AVAILABLE'), { retryCount: 5, retryTime: 1 }))).toBe(true);
  expect(isLeaderless(answered('TOPIC_AUTHORIZATION_FAILED'))).toBe(false);
  expect(isLeaderless(new kafkajs.KafkaJSConnectionError('connect ECONNREFUSED'))).toBe(false);
});
