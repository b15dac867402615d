import { log } from '../lib/helpers.ts';

/**
 * knex prints to stdout, which belongs to the listening line, and it prints each failed connection with a stack before it rejects
 * with the same error. Warnings go to stderr instead, and whoever catches the rejection reports it, once.
 */
export const knexLog = {
  warn: (message: string): void => {
    if (!message.startsWith('Acquire connection error')) log('warn', 'knex', { message });
  },
};
