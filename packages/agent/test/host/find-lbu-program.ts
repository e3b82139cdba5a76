import { inspection } from '../../src/host/inspection.ts';
import { findLbu } from '../../src/host/lbu.ts';

// Whether this machine saves by an lbu, with the PATH that is given.
console.log((await findLbu(inspection(process.argv[2] ?? ''))) === null ? 'it does not' : 'it saves by lbu');
