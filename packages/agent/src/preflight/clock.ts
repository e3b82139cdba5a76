import { failure } from '@picket/shared/errors.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { type ClockEvidence, clockDoubt } from '../model/clock-doubt.ts';
import { type Check, ok, warning } from './check.ts';

const noticeableMs = 2000;

/** Throws `clock_wrong` if this machine's clock cannot be right (R14). */
export function checkClock(evidence: ClockEvidence): Check {
  const doubt = clockDoubt(evidence);
  if (doubt !== null) throw failure('clock_wrong', { doubt });
  return ok('clock', `${isoTime(evidence.now).slice(0, 16)}Z`);
}

/** Compares this clock with the coordinator's. @param offsetMs how far this clock is ahead */
export function checkOffset(offsetMs: number): Check {
  const seconds = (Math.abs(offsetMs) / 1000).toFixed(1);
  const way = offsetMs > 0 ? 'ahead of' : 'behind';
  if (Math.abs(offsetMs) <= noticeableMs) return ok('clock', `${seconds} s ${way} the coordinator’s`);
  return warning(
    'clock',
    `${seconds} s ${way} the coordinator’s`,
    'Run a time service (chronyd or ntpd) on both: certificates and logs depend on their clocks.',
  );
}
