export { startConnect, type ConnectOptions, type LocalConnect } from './connect.ts';
export { clusterOf, startKafka, type KafkaOptions, type LocalKafka } from './kafka.ts';
export { CONNECTOR_PLUGINS, DEBEZIUM, DEFAULT_KAFKA, KAFKA_VERSIONS, type ConnectorPlugin, type KafkaVersion } from './lock.ts';
export { cacheDirectory, obtain, type ObtainOptions } from './obtain.ts';
export { removeDirectory, startService, type Service, type ServiceSpec } from './service.ts';
