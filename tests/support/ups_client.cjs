// SPDX-License-Identifier: Apache-2.0
// A UPS client and event receiver on npm's dcmjs-dimse: one JSON line in on stdin, one JSON line out on stdout.
//   ups_client.cjs NODE_MODULES HOST PORT CALLED_AE OUR_AE EVENT_PORT
//   {"verb": "find|get|set|create|action", "meta": UID, "uid": "…", "type": 1, "data": {keyword: value}}
//   → {"status": 0, "data": […]}        events come unasked: {"event": 1, "uid": "…", "data": {…}, "at": ms}
// It also is a small UPS worklist: what is created or set there comes as {"task": "created|set", "uid": …, "data": …}.
// The server of dcmjs-dimse binds all addresses: start it with the loopback shim (loopback-bind.c).
const [modules, host, port, called, calling, eventPort] = process.argv.slice(2);
const dimse = require(`${modules}/dcmjs-dimse`);
const readline = require("readline");

const PUSH = "1.2.840.10008.5.1.4.34.6.1";
const {Client, Dataset, Server, Scp} = dimse;
const {CFindRequest, NGetRequest, NSetRequest, NCreateRequest, NActionRequest} = dimse.requests;
const {CFindResponse, NCreateResponse, NEventReportResponse, NSetResponse} = dimse.responses;
const {PresentationContextResult, TransferSyntax, Status} = dimse.constants;
dimse.log.setLevel && dimse.log.setLevel("silent");

const tasks = new Map();  // of our own worklist, by SOP Instance UID

const say = (value) => process.stdout.write(JSON.stringify(value) + "\n");

class Receiver extends Scp {
  constructor(socket, opts) {
    super(socket, opts);
    this.association = undefined;
  }
  associationRequested(association) {
    this.association = association;
    for (const {id} of association.getPresentationContexts()) {
      const accepted = association.getPresentationContext(id);
      if (!accepted.getAbstractSyntaxUid().startsWith("1.2.840.10008.5.1.4.34.6.")) {
        accepted.setResult(PresentationContextResult.RejectAbstractSyntaxNotSupported);
        continue;
      }
      accepted.setResult(PresentationContextResult.Accept, accepted.getTransferSyntaxUids()[0]);
    }
    this.sendAssociationAccept();
  }
  nEventReportRequest(request, callback) {
    const data = request.getDataset();
    say({event: request.getEventTypeId(), uid: request.getAffectedSopInstanceUid(),
         data: data ? data.getElements() : {}, at: Date.now()});
    const response = NEventReportResponse.fromRequest(request);
    response.setStatus(Status.Success);
    callback(response);
  }
  cFindRequest(request, callback) {
    const study = (keys) => [].concat(keys.ReferencedRequestSequence || [])[0]?.StudyInstanceUID;
    const wanted = study(request.getDataset().getElements());
    const responses = [];
    for (const [uid, task] of tasks) {
      if (wanted && study(task) !== wanted) continue;
      const found = CFindResponse.fromRequest(request);
      found.setDataset(new Dataset({...task, SOPInstanceUID: uid}, TransferSyntax.ExplicitVRLittleEndian));
      found.setStatus(Status.Pending);
      responses.push(found);
    }
    const last = CFindResponse.fromRequest(request);
    last.setStatus(Status.Success);
    callback([...responses, last]);
  }
  change(what, uid, request, response, callback) {
    const data = request.getDataset().getElements();
    tasks.set(uid, {...(tasks.get(uid) || {}), ...data});
    say({task: what, uid, data, at: Date.now()});
    response.setStatus(Status.Success);
    callback(response);
  }
  nCreateRequest(request, callback) {
    this.change("created", request.getAffectedSopInstanceUid(), request, NCreateResponse.fromRequest(request), callback);
  }
  nSetRequest(request, callback) {
    this.change("set", request.getRequestedSopInstanceUid(), request, NSetResponse.fromRequest(request), callback);
  }
  associationReleaseRequested() {
    this.sendAssociationReleaseResponse();
  }
}
new Server(Receiver).listen(Number(eventPort));

function make({verb, meta, uid, type, data}) {
  let request;
  if (verb === "find") {
    request = new CFindRequest();
    request.setAffectedSopClassUid(meta);
  } else if (verb === "get") {
    request = new NGetRequest(PUSH, uid, data || [], meta);
  } else if (verb === "set") {
    request = new NSetRequest(PUSH, uid, meta);
  } else if (verb === "create") {
    request = new NCreateRequest(PUSH, uid, meta);
  } else {
    request = new NActionRequest(PUSH, uid, type, meta);
  }
  if (verb !== "get") request.setDataset(new Dataset(data || {}, TransferSyntax.ImplicitVRLittleEndian));
  return request;
}

readline.createInterface({input: process.stdin}).on("line", (line) => {
  const client = new Client();
  const found = [];
  let status = null;
  const request = make(JSON.parse(line));
  request.on("response", (response) => {
    if (response.hasDataset && response.hasDataset()) found.push(response.getDataset().getElements());
    if (response.getStatus() !== Status.Pending) status = response.getStatus();
  });
  client.on("networkError", (error) => say({error: String(error)}));
  client.on("associationRejected", () => say({error: "rejected"}));
  client.on("closed", () => status !== null && say({status, data: found}));
  client.addRequest(request);
  client.send(host, Number(port), calling, called);
});
say({ready: true});
