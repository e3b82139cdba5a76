import { badRequest } from './by-status.ts';
/** Errors in files that people write: configurations and declarations. */
export const configFileErrors = {
  config_missing: badRequest(
    'The configuration file {file} cannot be read: {reason}.',
    'Name another file with --config, or copy the annotated sample from etc/.',
  ),
  config_invalid: badRequest(
    'The configuration file {file} is not valid: {problem}.',
    'Correct it and try again; the annotated samples in etc/ show every key.',
  ),
  declaration_unreadable: badRequest(
    'The file {file} cannot be read: {problem}.',
    'Name another file with --file. `picket cluster export NAME` prints one to start from.',
  ),
  declaration_invalid: badRequest(
    'The file {file} is not a valid declaration of a cluster: {problem}.',
    'Correct it and try again; `picket cluster export NAME` prints one with every key.',
  ),
} as const;
