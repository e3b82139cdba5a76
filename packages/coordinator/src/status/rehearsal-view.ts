import { isoTime } from '@picket/shared/iso-time.ts';
import type { RehearsalView } from '@picket/shared/protocol/snapshots.ts';
import type { RehearsalWorked } from '../model/rehearsal-progress.ts';

/** A rehearsal that worked, as operators see it. */
export function rehearsalView({ at, ...worked }: RehearsalWorked): RehearsalView {
  return { ...worked, at: isoTime(at) };
}
