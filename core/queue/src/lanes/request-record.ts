import type { NewRequest, PartProgress, PartRecord, PartState, RequestRecord, RequestState } from '@slowlane/contracts';

export type RequestDoc = Omit<NewRequest, 'idempotency' | 'weights' | 'coalesceKey' | 'redact'>;

/** A request from its hash; `undefined` when there is none. */
export function requestRecordOf(fields: Record<string, string>): RequestRecord | undefined {
  return fields['doc'] === undefined ? undefined : recordOf(JSON.parse(fields['doc']) as RequestDoc, fields);
}

/** One that was accepted at this moment (epoch ms). */
export function freshRecord(doc: RequestDoc, acceptedAt: number): RequestRecord {
  return recordOf(doc, { state: 'accepted', total: '0', ended: '0', acceptedAt: String(acceptedAt) });
}

function recordOf(doc: RequestDoc, fields: Record<string, string>): RequestRecord {
  return {
    id: doc.id,
    correlationId: doc.correlationId,
    traceparent: doc.traceparent,
    operation: doc.operation,
    principal: doc.principal,
    body: doc.body,
    mediated: json(fields['mediated']),
    callback: doc.callback,
    pin: doc.pin,
    state: fields['state'] as RequestState,
    parts: { total: Number(fields['total']), ended: Number(fields['ended']) },
    acceptedAt: Number(fields['acceptedAt']),
    endedAt: number(fields['endedAt']),
    failure: json(fields['failure']),
    result: json(fields['result']),
    missing: json(fields['missing']),
    resultPath: fields['resultPath'],
    endEventId: fields['endEvent'],
    tenant: doc.tenant,
    notBefore: doc.notBefore,
    deadline: doc.deadline,
    priority: doc.priority,
    costMicros: number(fields['cost']),
  };
}

/** A part from its hash; `undefined` when there is none. */
export function partRecordOf(id: string, fields: Record<string, string>): PartRecord | undefined {
  if (fields['request'] === undefined) return undefined;
  return {
    id,
    requestId: fields['request'],
    index: Number(fields['index']),
    key: fields['key'] as string,
    document: JSON.parse(fields['doc'] as string) as PartRecord['document'],
    state: fields['state'] as PartState,
    attempt: Number(fields['attempt']),
    token: fields['token'],
    runId: fields['runId'],
    runPageUrl: fields['runPageUrl'],
    parkedAt: Number(fields['parkedAt']),
    grantedAt: number(fields['grantedAt']),
    submittedAt: number(fields['submittedAt']),
    endedAt: number(fields['endedAt']),
    failure: json(fields['failure']),
    waiting: json(fields['waiting']),
    cancelRequested: fields['cancel'] === '1',
    log: fields['log'],
    ...progressOf(fields),
    notBefore: number(fields['notBefore']),
    deadline: number(fields['deadline']),
    estimateMicros: number(fields['estimate']),
    costMicros: number(fields['cost']),
  };
}

/** An earlier attempt's is not this one's. */
function progressOf({ progress, attempt: current }: Record<string, string>): Pick<PartRecord, 'progress'> {
  if (progress === undefined) return {};
  const { attempt, ...said } = JSON.parse(progress) as PartProgress & { attempt: number };
  return attempt === Number(current) ? { progress: said } : {};
}

function number(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

function json<T>(text: string | undefined): T | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as T);
}
