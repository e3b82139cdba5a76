import { noObjection, type SafetyProgress } from '../../model/safety-progress.ts';

/** The new epoch answers what seals have proven about the store, and what nodes have claimed. */
export function thawed<Part extends SafetyProgress>(progress: Part): Part {
  return { ...progress, ...noObjection };
}
