import { createRequire } from 'node:module';
import type { Kafka } from 'kafkajs';
import { clusterOf, type Broker } from './kafka-fetch.ts';

/** kafkajs's writer and reader of the protocol's types; it has Metadata up to version 6 only. */
interface Encoder {
  writeInt32(value: number): this;
  writeBoolean(value: boolean): this;
  writeUVarIntString(value: string | null): this;
  writeUVarIntArray(items: readonly Encoder[], type: 'object'): this;
  writeUVarIntBytes(): this;
}
interface Decoder {
  readInt16(): number;
  readInt32(): number;
  readBoolean(): boolean;
  readUVarIntString(): string | null;
  readUVarIntArray<T>(read: (decoder: Decoder) => T): T[] | null;
  readTaggedFields(): unknown;
}
const require = createRequire(import.meta.url);
const EncoderOf = require('kafkajs/src/protocol/encoder.js') as new () => Encoder;
const DecoderOf = require('kafkajs/src/protocol/decoder.js') as new (data: Buffer) => Decoder;

/** The first version that tells topics' ids, and the first in which they have any: Kafka 2.8 (KIP-516). */
const METADATA = { apiKey: 3, apiVersion: 10, apiName: 'Metadata' };

/**
 * The ids of topics by name: a topic that is deleted and made anew has another one, whatever its offsets. Empty where the brokers give none (before Kafka 2.8).
 * kafkajs's own Metadata is older; this is version 10 (https://kafka.apache.org/protocol#The_Messages_Metadata), over its connections.
 */
export async function topicIds(kafka: Kafka, topics: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const cluster = clusterOf(kafka);
  try {
    await cluster.connect();
    await cluster.addMultipleTargetTopics(topics);
    const [leader] = topics.flatMap((topic) => Object.keys(cluster.findLeaderForPartitions(topic, [0])));
    if (leader === undefined) return new Map();
    const broker = await cluster.findBroker({ nodeId: leader });
    return (broker.versions?.[METADATA.apiKey]?.maxVersion ?? 0) < METADATA.apiVersion ? new Map() : await ask(broker, topics);
  } finally {
    await cluster.disconnect();
  }
}

const ask = (broker: Broker, topics: readonly string[]): Promise<ReadonlyMap<string, string>> => broker.connectionPool.send({
  request: { ...METADATA, encode: () => Promise.resolve(encodeRequest(topics)) },
  response: { decode: (data: Buffer) => Promise.resolve(decodeIds(data)), parse: (ids: ReadonlyMap<string, string>) => Promise.resolve(ids) },
});

const NO_ID = '0'.repeat(32);

/** By name, hence without ids; nothing is to be created, and nobody's rights are asked for. The bytes without a value are the end of each structure (no tagged fields). */
function encodeRequest(topics: readonly string[]): Encoder {
  const encoder = new EncoderOf().writeUVarIntBytes();
  encoder.writeUVarIntArray(topics.map((topic) => new EncoderOf().writeInt32(0).writeInt32(0).writeInt32(0).writeInt32(0).writeUVarIntString(topic).writeUVarIntBytes()), 'object');
  return encoder.writeBoolean(false).writeBoolean(false).writeBoolean(false).writeUVarIntBytes();
}

/** Pure; what is not wanted has to be read past all the same. */
export function decodeIds(data: Buffer): ReadonlyMap<string, string> {
  const decoder = new DecoderOf(data);
  decoder.readTaggedFields();
  decoder.readInt32(); // throttle time
  decoder.readUVarIntArray((broker) => [broker.readInt32(), broker.readUVarIntString(), broker.readInt32(), broker.readUVarIntString(), broker.readTaggedFields()]);
  decoder.readUVarIntString(); // cluster
  decoder.readInt32(); // controller
  const topics = decoder.readUVarIntArray(readTopic) ?? [];
  return new Map(topics.flatMap(({ error, name, id }) => error !== 0 || name === null || id === NO_ID ? [] : [[name, id]]));
}

function readTopic(decoder: Decoder): { readonly error: number; readonly name: string | null; readonly id: string } {
  const [error, name] = [decoder.readInt16(), decoder.readUVarIntString()];
  const id = [0, 0, 0, 0].map(() => (decoder.readInt32() >>> 0).toString(16).padStart(8, '0')).join('');
  decoder.readBoolean(); // internal
  decoder.readUVarIntArray((partition) => {
    partition.readInt16();
    ['partition', 'leader', 'epoch of the leader'].forEach(() => { partition.readInt32(); });
    ['replicas', 'in sync', 'offline'].forEach(() => { partition.readUVarIntArray((replicas) => replicas.readInt32()); });
    partition.readTaggedFields();
  });
  decoder.readInt32(); // rights
  decoder.readTaggedFields();
  return { error, name, id };
}
