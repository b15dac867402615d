export { testDatabase, testServer, type TestDatabase } from './postgres.ts';
export { dripping, echo, json, resetting, silent, slow, startUpstream, truncating, type Script, type Seen, type TestUpstream } from './upstream.ts';
export { testConnect, testKafka } from './stack.ts';
export { testRabbit, type TestRabbit } from './rabbitmq.ts';
export { sharedConnect, sharedKafka } from './shared-stack.ts';
