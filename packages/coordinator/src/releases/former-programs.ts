import { architectureOf, type ReleaseProgram } from '@picket/shared/protocol/releases.ts';
import type { StateNode } from '../inventory/inventory.ts';
import type { ConfigurationProgress } from '../model/configuration-progress.ts';
import { type ProgramsFor, programsAsGiven } from './given-etcds.ts';

/**
 * The programs that this node goes back to if its member cannot run with what it has on trial (R6): a node that lost them
 * fetches them again. None for a node whose member has nothing on trial. Pure.
 */
export function formerPrograms(
  { trial, given }: ConfigurationProgress,
  node: StateNode | undefined,
  programsFor: ProgramsFor,
): readonly ReleaseProgram[] {
  if (trial === null || node?.kind !== 'member' || trial.member !== node.member) return [];
  const version = trial.before.etcd?.version;
  if (version === undefined) return [];
  const architecture = architectureOf(node.facts.arch);
  return programsAsGiven(programsFor(architecture, version), given, architecture, version) ?? [];
}
