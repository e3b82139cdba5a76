import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { apiOf } from '@picket/cli/api.ts';
import { connectCoordinator } from '@picket/cli/coordinator-client.ts';
import { readContext } from '@picket/shared/context/context.ts';
import type { StatusAnswer } from './status-reader.ts';

const [contextFile = ''] = process.argv.slice(2);
const context = readContext(await readFile(contextFile, 'utf8'), contextFile);

/** As `picket status --output json` does it. */
async function answerOf(cluster: string): Promise<StatusAnswer> {
  const client = connectCoordinator(context, new AbortController().signal);
  try {
    return { status: await apiOf(client).status({ name: cluster }) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  } finally {
    await client.close();
  }
}

for await (const cluster of createInterface({ input: process.stdin }))
  process.stdout.write(`${JSON.stringify(await answerOf(cluster))}\n`);
