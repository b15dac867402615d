import type pg from 'pg';
import { textRows } from '../capture/connect.ts';

/** By topic: Kafka's id of it, which a topic that is made anew under the same name has not. */
export type TopicIds = ReadonlyMap<string, string>;

export const TOPIC_IDS_TABLE = `CREATE TABLE IF NOT EXISTS strangler.kafka_topic (replication text NOT NULL, topic text NOT NULL, topic_id text NOT NULL, PRIMARY KEY (replication, topic))`;

/** Notes the ids of topics that none is known of. @returns the topics that were others when their offsets were stored */
export async function noteTopicIds(target: pg.ClientBase, replication: string, ids: TopicIds): Promise<string[]> {
  const rows = await textRows<'topic'>(target, `WITH now AS (SELECT * FROM unnest($2::text[], $3::text[]) AS t(topic, topic_id)),
      noted AS (INSERT INTO strangler.kafka_topic (replication, topic, topic_id) SELECT $1, topic, topic_id FROM now ON CONFLICT DO NOTHING)
    SELECT topic FROM now JOIN strangler.kafka_topic AS before USING (topic) WHERE before.replication = $1 AND before.topic_id <> now.topic_id ORDER BY topic`,
  [replication, [...ids.keys()], [...ids.values()]]);
  return rows.map(({ topic }) => topic);
}

/** Begins anew: the topics that are there now are the ones meant. */
export const forgetTopicIds = (target: pg.ClientBase, replication: string): Promise<unknown> => target.query('DELETE FROM strangler.kafka_topic WHERE replication = $1', [replication]);
