import * as contracts from '@slowlane/contracts';
import { z } from 'zod';

/** Shapes of calls and answers that have a name of their own in the OpenAPI document: their name in contracts. */
const names = [
  'BuildList',
  'BuildView',
  'BulkFilter',
  'BulkOutcome',
  'CreateBuild',
  'CreateRequest',
  'DeliveryList',
  'DeliveryView',
  'EventView',
  'FailureView',
  'GateList',
  'Health',
  'Json',
  'PartView',
  'PartWaitView',
  'PauseGate',
  'PipelineList',
  'PipelineView',
  'PluginList',
  'Problem',
  'ReleaseGate',
  'RequestAccepted',
  'RequestList',
  'RequestRetried',
  'RequestView',
  'ResultView',
  'RunView',
  'ScheduleList',
  'ScheduleView',
  'SetGate',
  'SourceStored',
  'TokenCreated',
  'TokenList',
  'TokenView',
  'TraceView',
] as const satisfies readonly (keyof typeof contracts)[];

export const namedSchemas = z.registry<{ id: string }>();
for (const id of names) namedSchemas.add(contracts[id], { id });
