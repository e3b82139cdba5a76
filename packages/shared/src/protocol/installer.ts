import type { Static } from 'typebox';
import * as Type from 'typebox';
import { strict } from './primitives.ts';
import { Architecture, Sha256 } from './releases.ts';

/** A Node.js that the coordinator hands out to machines whose own is too old: an archive for one architecture. */
export const HandedOutNode = Type.Object({
  architecture: Architecture,
  /** As `24.21.0`. */
  version: Type.String(),
  /** Of the archive, which `GET /install/node/ARCHITECTURE` returns. */
  sha256: Sha256,
  sizeBytes: Type.Integer({ minimum: 1 }),
});
export type HandedOutNode = Static<typeof HandedOutNode>;

/** `GET /v1/installer`: the content of the line that an operator pastes on a machine. */
export const InstallerView = Type.Object({
  /** The URL of the install script, with the first name of the coordinator. */
  url: Type.String(),
  /** SHA-256 of the script, in hexadecimal. The script contains the hash of the agent. */
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  /** The version of the agent that the script installs. */
  agentVersion: Type.String(),
  /** Empty if this coordinator has none; an older coordinator leaves it out. */
  node: Type.Optional(Type.Array(HandedOutNode)),
});
export type InstallerView = Static<typeof InstallerView>;

/** Whose archive a machine asks for. */
export const ByArchitecture = Type.Object({ architecture: Architecture }, strict);
