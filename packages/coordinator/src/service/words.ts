import { configDefaults, urlOf } from '../config/config.ts';
import { commandNames, places, serviceUser } from './places.ts';
import type { Step } from './plan.ts';
import { formerDataOf } from './take-over.ts';

const past = {
  complete: 'completed',
  copy: 'copied',
  make: 'made',
  move: 'moved',
  replace: 'replaced',
  restart: 'restarted',
  start: 'started',
  write: 'wrote',
} as const;

/** What the step does, as a verb with its object. */
export function intent(step: Step): string {
  const { verb, rest } = wordsOf(step);
  return `${verb} ${rest}`;
}

/** The same, of a step that was carried out. */
export function done(step: Step): string {
  const { verb, rest } = wordsOf(step);
  return `${past[verb]} ${rest}`;
}

function wordsOf(step: Step): { readonly verb: keyof typeof past; readonly rest: string } {
  switch (step.kind) {
    case 'programs': {
      const commands = commandNames.map((name) => `${places.commands}/${name}`).join(' and ');
      return { verb: step.isUpdate ? 'replace' : 'copy', rest: `${places.programs}, ${commands}, from ${step.from}` };
    }
    case 'node':
      return {
        verb: 'copy',
        rest: `Node.js ${step.version} to ${places.ownNode}; the system has none that is new enough`,
      };
    case 'user':
      return { verb: 'make', rest: `the system user ${serviceUser}, which runs the coordinator` };
    case 'take-over':
      return {
        verb: 'move',
        rest: `${step.former.config.dataDir} to ${configDefaults.dataDir}, with ${places.config} and ${configDefaults.passphraseFile}; what was there is kept as ${formerDataOf(step.former)}`,
      };
    case 'config': {
      const how = step.isGuess ? ' (the address of this machine; --host names another)' : '';
      return { verb: 'write', rest: `${places.config}: boards and operators reach it at ${urlOf(step.config)}${how}` };
    }
    case 'backup-folder':
      return { verb: 'make', rest: `${step.folder} for a backup of the coordinator every day` };
    case 'init':
      if (step.isBegun)
        return { verb: 'complete', rest: `what is in ${step.config.dataDir}, where it is not complete` };
      return {
        verb: 'make',
        rest: `the control CA and the store in ${step.config.dataDir}, the passphrase in ${step.config.passphraseFile}, and the context of ${step.operator} in ${step.contextFile}`,
      };
    case 'context':
      return {
        verb: 'copy',
        rest: `that context to ${step.caller.home}/.config/picket/context.yml, for ${step.caller.user}`,
      };
    case 'service':
      return { verb: 'write', rest: places[step.init].service };
    case 'start':
      return { verb: step.isRestart ? 'restart' : 'start', rest: 'the service, now and at boot' };
  }
}
