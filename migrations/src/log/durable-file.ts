import { open, rename } from 'node:fs/promises';

/** The old content or the new one, never neither: what the slot was told is nowhere else, and a place that is forgotten would look like a slot somebody else has read. */
export async function replaceFile(path: string, content: string): Promise<void> {
  const file = await open(`${path}.next`, 'w');
  try {
    await file.write(content);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(`${path}.next`, path);
}

/** A new name in a directory is durable only when the directory is. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  await handle.sync();
  await handle.close();
}
