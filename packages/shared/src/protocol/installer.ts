import { type Static, Type } from 'typebox';

/** `GET /v1/installer`: what the line needs that an operator pastes on a machine (issue 4). */
export const InstallerView = Type.Object({
  /** Of the install script, under the first name of the coordinator. */
  url: Type.String(),
  /** SHA-256 of the script, in hexadecimal; the script in turn knows the hash of the agent. */
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  /** Of the agent that it installs. */
  agentVersion: Type.String(),
});
export type InstallerView = Static<typeof InstallerView>;
