import {
  ReleaseAdd,
  ReleaseFetch,
  ReleaseFetches,
  ReleaseFetchView,
  ReleaseList,
  ReleasePartAnswer,
  ReleaseView,
  releasePartBytes,
} from '../protocol/releases.ts';
import type { Contracts } from './contract.ts';
import { AtOffset, ByHash, nothing, partSeconds } from './schemas.ts';

/** The releases of etcd that nodes run, or restore a snapshot with. */
export const releaseContracts = {
  releases: { route: 'GET /v1/releases', access: 'viewer', answers: { 200: ReleaseList } },
  sendReleasePart: {
    route: 'PUT /v1/releases/:sha256/content',
    access: 'admin',
    params: ByHash,
    query: AtOffset,
    bodyLimit: releasePartBytes,
    sendsOctets: true,
    answers: { 200: ReleasePartAnswer },
    errors: ['release_no_room', 'release_part_misplaced', 'release_refused', 'release_uploads_busy'],
    seconds: partSeconds,
  },
  /** All parts were sent: the coordinator unpacks, reads and stores the file, perhaps on a small board. */
  addRelease: {
    route: 'POST /v1/releases/:sha256',
    access: 'admin',
    params: ByHash,
    body: ReleaseAdd,
    answers: { 201: ReleaseView },
    errors: [
      'release_no_room',
      'release_part_misplaced',
      'release_refused',
      'release_store_full',
      'release_version_given',
      'release_version_kept',
    ],
    seconds: 300,
  },
  removeRelease: {
    route: 'DELETE /v1/releases/:sha256',
    access: 'admin',
    params: ByHash,
    answers: nothing,
    errors: ['release_in_use'],
  },
  releaseFetches: { route: 'GET /v1/release-fetches', access: 'viewer', answers: { 200: ReleaseFetches } },
  /** The coordinator fetches in its own time: the list says how far it is. */
  fetchRelease: {
    route: 'PUT /v1/release-fetches/:sha256',
    access: 'admin',
    params: ByHash,
    body: ReleaseFetch,
    answers: { 200: ReleaseFetchView },
    errors: ['release_uploads_busy'],
  },
} as const satisfies Contracts;
