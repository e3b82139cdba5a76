import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PicketError } from '@picket/shared/errors.ts';
import type { Test } from 'tap';

/** A folder of the test's own, removed at its end. */
export function temporaryFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'picket-agent-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The code and message of the PicketError or RemoteError that `work` ends with; anything else fails the test. */
export async function refusal(work: Promise<unknown>): Promise<{ code: string; message: string; hint: string }> {
  try {
    await work;
  } catch (error) {
    if (error instanceof PicketError || (error instanceof Error && error.name === 'RemoteError')) {
      const { code, message, hint } = error as PicketError;
      return { code, message, hint };
    }
    throw error;
  }
  throw new Error('It was accepted.');
}
