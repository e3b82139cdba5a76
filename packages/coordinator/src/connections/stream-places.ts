import { failure } from '@picket/shared/errors.ts';

export interface StreamLimits {
  /** Event streams in all. */
  readonly eventStreams: number;
  /** Event streams of one operator. */
  readonly eventStreamsPerOperator: number;
}

/** Limits the event streams that are open at the same time (R18). */
export function streamPlaces({ eventStreams, eventStreamsPerOperator }: StreamLimits) {
  const taken = new Map<string, number>();
  let all = 0;
  return {
    /** Takes a place for this operator. Throws `too_many_streams`. @returns gives it back; only the first call does */
    take(operator: string): () => void {
      const own = taken.get(operator) ?? 0;
      if (own >= eventStreamsPerOperator)
        throw failure('too_many_streams', { most: eventStreamsPerOperator, of: 'this operator' });
      if (all >= eventStreams) throw failure('too_many_streams', { most: eventStreams, of: 'all operators' });
      taken.set(operator, own + 1);
      all += 1;
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        all -= 1;
        const left = (taken.get(operator) ?? 1) - 1;
        if (left === 0) taken.delete(operator);
        else taken.set(operator, left);
      };
    },
  };
}
