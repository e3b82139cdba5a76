import { inspection } from '../../src/host/inspection.ts';
import { findLbu } from '../../src/host/lbu.ts';

// Whether this machine saves with lbu, with the given PATH.
console.log((await findLbu(inspection(process.argv[2] ?? ''))) === null ? 'it does not' : 'it saves by lbu');
