import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ErrorCode, PicketError } from '@picket/shared/errors.ts';
import type { Test } from 'tap';
import { RemoteError } from '../src/coordinator/remote-error.ts';

/** A folder of the test's own, removed at its end. */
export function temporaryFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'picket-agent-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The wait for a step that has failed with this error; for `t.match`, so that some of the facts are enough. */
export function failedWith(error: ErrorCode, details: object, step: object = {}) {
  return { code: 'step_failed', facts: { ...step, why: { code: 'picket_error', facts: { error, details } } } };
}

/**
 * The code and facts of the PicketError that `work` ends with, or of a RemoteError the code and what the coordinator said;
 * anything else fails the test.
 */
export async function refusal(work: Promise<unknown>): Promise<{ readonly code: string; readonly facts: object }> {
  try {
    await work;
  } catch (error) {
    if (error instanceof PicketError) return { code: error.code, facts: error.facts };
    if (!(error instanceof RemoteError)) throw error;
    const { code, ...facts } = error.toWire();
    return { code, facts };
  }
  throw new Error('It was accepted.');
}
