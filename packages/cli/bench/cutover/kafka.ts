import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { MigrationConfig } from '@strangler/kernel';
import { startConnect, startKafka } from '@strangler/local-kafka';
import { connectorEnvironment, prepareReplication } from '@strangler/migrations';

/** A broker and a Connect worker that knows the databases. */
export interface KafkaStack {
  /** What whoever replicates through it needs in its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Registers the connectors of the config, as a person would; once the replication to the service has begun. */
  register(configFile: string, environment: Readonly<Record<string, string>>): Promise<void>;
  stop(): Promise<void>;
}

export interface KafkaStackOptions {
  readonly directory: string;
  readonly config: MigrationConfig;
  readonly back: { readonly name: string; readonly sourceUrl: string; readonly targetUrl: string };
  /** The variables that name the databases. */
  readonly databases: Readonly<Record<string, string>>;
}

const STRANGLER = join(import.meta.dirname, '../../bin/strangler.mjs');

export async function startKafkaStack({ directory, config, back, databases }: KafkaStackOptions): Promise<KafkaStack> {
  const kafka = await startKafka({ directory: join(directory, 'kafka') });
  try {
    const connect = await startConnect({ directory: join(directory, 'connect'), kafka, variables: connectorEnvironment(config, databases) });
    return {
      environment: { KAFKA_BROKERS: kafka.bootstrap, CONNECT_URL: connect.url },
      register: async (configFile, environment) => {
        const mapping = config.replication?.[back.name];
        if (mapping === undefined) throw new Error('the config has no way back');
        // A connector that finds no slot fails. The way back's is made by the first cut-over, which would be refused until its connector runs: here both are there from the start.
        await prepareReplication({ ...back, mapping });
        await applyConnectors(configFile, environment);
      },
      stop: async () => {
        await connect.stop();
        await kafka.stop();
      },
    };
  } catch (error) {
    await kafka.stop();
    throw error;
  }
}

async function applyConnectors(configFile: string, environment: Readonly<Record<string, string>>): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, [STRANGLER, 'connect', 'apply', '--config', configFile], { env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...environment } });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`strangler connect apply: ${stdout}${stderr}`, { cause: error });
  }
}
