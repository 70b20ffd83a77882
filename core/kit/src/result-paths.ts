/** Where the files of a part lie on the volume of its workspace. */
export interface PartPaths {
  /** The request document that the driver reads. */
  request: string;
  /** Folder for what the driver writes; one of its own per attempt, so that what a failed attempt left behind is never taken for a result. */
  result: string;
}

/** @example partPaths('/Volumes/main/slowlane/results/req_1', 'EWR', 1).result // '/Volumes/main/slowlane/results/req_1/parts/EWR/result' */
export function partPaths(resultPath: string, key: string, attempt: number): PartPaths {
  const folder = `${resultPath}/parts/${key}`;
  return {
    request: `${folder}/request.json`,
    result: attempt <= 1 ? `${folder}/result` : `${folder}/result-${attempt}`,
  };
}

/** Folder of the files that were joined from several parts. */
export function joinedFolder(resultPath: string): string {
  return `${resultPath}/joined`;
}
