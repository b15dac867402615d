import type pg from 'pg';
import { noteTopicIds, type TopicIds } from '../apply/kafka-topic-ids.ts';
import { topicReplaced } from '../log/kafka-trouble.ts';

/**
 * An offset means something in the topic it was read from alone. One beyond the end is refused by Kafka; in a topic that was made anew and has grown past it, reading on would
 * leave out what lies before, and only the topic's id tells.
 * @throws StranglerError STR_TOPIC_REPLACED
 */
export async function requireSameTopics(target: pg.ClientBase, replication: string, ids: TopicIds): Promise<void> {
  const replaced = await noteTopicIds(target, replication, ids);
  if (replaced.length > 0) throw topicReplaced(replaced);
}
