import type { KeyObject } from 'node:crypto';
import type { ArtifactSet } from '@slowlane/contracts';
import { canonicalJson } from '@slowlane/kit';
import { invalid, openEnvelope } from './dsse.ts';
import { PAYLOAD_TYPE, subjectsOf } from './provenance.ts';
import { ProvenanceStatement } from './schema.ts';

/**
 * The statement, when the signature is of that key and its subjects are exactly the files of the set; else
 * `artifact.provenance-invalid`. `envelope` may come from anywhere: it is checked from the outside in.
 */
export function verifyProvenance(envelope: unknown, publicKey: KeyObject, set: ArtifactSet): ProvenanceStatement {
  const statement = parseStatement(openEnvelope(envelope, PAYLOAD_TYPE, publicKey));
  if (canonicalJson(statement.subject) !== canonicalJson(subjectsOf(set))) {
    throw invalid(`it is about other files than the artifact set ${set.digest}`);
  }
  return statement;
}

function parseStatement(payload: string): ProvenanceStatement {
  try {
    return ProvenanceStatement.parse(JSON.parse(payload));
  } catch {
    throw invalid('the payload is no in-toto statement with SLSA provenance');
  }
}
