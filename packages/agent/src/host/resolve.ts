import { lookup } from 'node:dns/promises';
import { setTimeout as timer } from 'node:timers/promises';
import { codeOf } from './file-failure.ts';

/** The addresses of a name, or why they are not known. */
type Resolution = { readonly addresses: readonly string[] } | { readonly problem: string };

/**
 * Resolves a name as programs on this machine do, by /etc/hosts and DNS. No address if the name does not exist. Gives
 * up at the deadline.
 */
export async function resolveName(name: string, deadlineMs = 5000): Promise<Resolution> {
  const stop = new AbortController();
  try {
    return await Promise.race([
      ask(name),
      timer(deadlineMs, { problem: `DNS gives no answer within ${deadlineMs / 1000} s` }, { signal: stop.signal }),
    ]);
  } finally {
    stop.abort();
  }
}

async function ask(name: string): Promise<Resolution> {
  try {
    return { addresses: (await lookup(name, { all: true })).map(({ address }) => address) };
  } catch (error) {
    const code = codeOf(error) ?? 'unknown';
    if (code === 'ENOTFOUND' || code === 'ENODATA') return { addresses: [] };
    return { problem: code === 'EAI_AGAIN' ? 'DNS gives no answer' : `the system says ${code}` };
  }
}
