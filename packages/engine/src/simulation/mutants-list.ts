// Ways to break the engine. `from` must be in the file exactly once.

export interface Mutant {
  name: string;
  file: string;
  from: string;
  to: string;
}

export const mutants: readonly Mutant[] = [
  { name: 'nothing is sent again (no RTO)', file: 'copy/timer-step.ts', from: 'if (isDue(copy.resendAtMs, nowMs)) {', to: 'if (false) {' },
  {
    name: 'numbers compared without wrap',
    file: 'session/stream.ts',
    from: 'const knownBytes = seqDiff(session.clientNext, seq);\n  if',
    to: 'const knownBytes = session.clientNext - seq;\n  if',
  },
  {
    name: 'the window of the target is ignored',
    file: 'copy/send.ts',
    from: 'const window = copy.sendWindowBytes - inFlightBytes;',
    to: 'const window = 1e9;',
  },
  {
    name: 'known bytes are said again',
    file: 'session/stream.ts',
    from: 'at + knownBytes, lengthBytes - knownBytes, ack',
    to: 'at, lengthBytes, ack',
  },
  {
    name: 'retransmissions of the client are said twice',
    file: 'session/stream.ts',
    from: "if (knownBytes >= lengthBytes || session.isFinReached) return 'old';",
    to: '',
  },
  {
    name: 'acknowledged past a hole goes unnoticed',
    file: 'session/online-step.ts',
    from: "if (seqDiff(ack, captured) > 0 && session.liveCopies > 0) endCopies(work, session, wasDropped(work, session) ? 'captureDrop' : 'unfillableGap');",
    to: '',
  },
  { name: 'RST at the wrong number', file: 'copy/end.ts', from: 'emitReset(work, copy, copy.sendMax);', to: 'emitReset(work, copy, copy.sendMax - 1);' },
  { name: 'challenge ACKs are not answered', file: 'copy/target-step.ts', from: 'if ((flags & ACK) !== 0) emitReset(work, copy, tcp.ack);', to: '' },
  { name: 'a reset of the handshake acknowledges', file: 'copy/emit.ts', from: 'isOpened ? RST | ACK : RST', to: 'RST | ACK' },
  {
    name: 'a zero window is not probed',
    file: 'copy/send.ts',
    from: "if (copy.held === 'target window' && copy.sendUnacked === copy.sendNext) {",
    to: 'if (false) {',
  },
  { name: 'FIN before its bytes', file: 'copy/send.ts', from: 'if (copy.nextPiece === NONE) sendEnd(work, copy);', to: 'sendEnd(work, copy);' },
  { name: 'FIN is lost once and for all', file: 'copy/timer-step.ts', from: 'if (!copy.isFinAcked) copy.isFinSent = false;', to: '' },
  { name: 'turns are released early', file: 'copy/pacing.ts', from: 'if (turn === copy.turn) return true;', to: 'return true;' },
  {
    name: 'an early answer ends the turn',
    file: 'copy/target-step.ts',
    from: 'if (copy.answer < EARLY_ANSWER) copy.answer = EARLY_ANSWER;',
    to: 'copy.answer = ANSWERED;',
  },
  {
    name: 'an answer is waited for without end',
    file: 'copy/pacing.ts',
    from: 'if (copy.holdAtMs === 0) copy.holdAtMs = work.nowMs + work.limits.answerTimeoutMs;',
    to: '',
  },
  {
    name: 'an ending is not counted',
    file: 'copy/end.ts',
    from: 'ledger.copies.ended[ending]++;',
    to: "if (ending !== 'timedOut') ledger.copies.ended[ending]++;",
  },
  { name: 'lost bytes are not counted', file: 'copy/end.ts', from: 'ledger.bytes.ended[ending] += copy.bytesAsked - copy.bytesDelivered;', to: '' },
  { name: 'exchanges of an ended copy stay open', file: 'copy/end.ts', from: 'settleExchanges(copy, copy.session.turn, ending);', to: '' },
  {
    name: 'an exchange of an ended copy is lost',
    file: 'copy/exchanges.ts',
    from: 'if (copy.ending !== null) return exchanges.writeOff(copy.ending, 1);',
    to: '',
  },
  {
    name: 'what a finished copy is asked for is not counted',
    file: 'session/stream.ts',
    from: '} else bytes.writeOff(copy.ending, lengthBytes);',
    to: '}',
  },
  {
    name: 'an early answer counts for the whole turn',
    file: 'copy/target-step.ts',
    from: 'const isWhole = copy.nextPiece === NONE || work.pieces.turn[copy.nextPiece] !== copy.lastTurn;',
    to: 'const isWhole = true;',
  },
  {
    name: 'the FIN of the target counts as an answer',
    file: 'copy/target-step.ts',
    from: 'if (copy.answer !== NO_ANSWER || ahead > 0) endAnswer',
    to: 'endAnswer',
  },
  {
    name: 'what the kernel dropped is blamed on nobody',
    file: 'session/dropped.ts',
    from: 'session.dropsAtMove !== work.captureDrops || isAfterDrop(work)',
    to: 'false',
  },
  { name: 'refused sends are blamed on the target', file: 'copy/end.ts', from: 'copy.sendFailures * 2 > copy.retries', to: 'false' },
  {
    name: 'a session over the limit is counted again',
    file: 'engine.ts',
    from: 'this.#setSkipped(session);\n    for (const mapping of session.mappings)',
    to: 'this.#forgetSession(session);\n    for (const mapping of session.mappings)',
  },
  {
    name: 'pieces of a finished copy are kept',
    file: 'copy/end.ts',
    from: 'while (copy.headPiece !== NONE) releaseHead(work, copy);',
    to: 'copy.headPiece = NONE;',
  },
  { name: 'kept segments beyond a gap are never freed', file: 'session/early.ts', from: 'freeSegment(work.pieces, first);\n  }', to: '}' },
  {
    name: 'later bytes win over kept ones',
    file: 'session/early.ts',
    from: 'if (after !== NONE && pieces.seq[after] === seq && seqDiff(pieces.segmentEnd[after]!, end) >= 0) return true;',
    to: '',
  },
  {
    name: 'segments are not cut to the segment size',
    file: 'copy/send.ts',
    from: 'const lengthBytes = Math.min(leftBytes, copy.mssBytes, roomBytes(copy, Math.min(leftBytes, copy.mssBytes)));',
    to: 'const lengthBytes = roomBytes(copy, leftBytes);',
  },
  {
    name: 'the window of the SYN is scaled',
    file: 'copy/target-step.ts',
    from: 'copy.sendWindowBytes = tcp.window; //',
    to: 'copy.sendWindowBytes = tcp.window << copy.sendScale; //',
  },
  {
    name: 'the window stays behind its acknowledgement',
    file: 'copy/target-step.ts',
    from: 'if (acked > 0 || (acked === 0',
    to: 'if ((acked >= 0',
  },
  {
    name: 'later windows are not scaled',
    file: 'copy/target-step.ts',
    from: 'copy.sendWindowBytes = tcp.window << copy.sendScale;',
    to: 'copy.sendWindowBytes = tcp.window;',
  },
  {
    name: 'more is resent than was said',
    file: 'copy/send.ts',
    from: 'Math.min(leftBytes, copy.mssBytes, seqDiff(copy.sendMax, copy.sendUnacked));',
    to: 'Math.min(leftBytes, copy.mssBytes);',
  },
  {
    name: 'keep-alives of the target are not answered',
    file: 'copy/target-step.ts',
    from: 'acknowledgeSoon(work, copy, true); // keep-alive',
    to: 'return; // keep-alive',
  },
  {
    name: "the target's bytes are not acknowledged",
    file: 'copy/timer-step.ts',
    from: 'if (isDue(copy.ackAtMs, nowMs)) emitAck(work, copy);',
    to: 'if (isDue(copy.ackAtMs, nowMs)) copy.ackAtMs = 0;',
  },
  {
    name: 'an outage of the relay is blamed on the target',
    file: 'copy/timer-step.ts',
    from: 'if (!copy.mapping.isRelayUp) {\n    copy.resendAtMs',
    to: 'if (false) {\n    copy.resendAtMs',
  },
  { name: 'nothing happens when the relay is back', file: 'engine.ts', from: 'if (copy.mapping === mapping) resume(this.#work, copy);', to: 'continue;' },
  {
    name: 'late packets look like an older connection',
    file: 'engine.ts',
    from: 'if (session?.isEnded) return;',
    to: 'if (session?.isEnded) return this.#skip(ip, tcp);',
  },
  {
    name: 'a used port is given out again',
    file: 'engine.ts',
    from: 'if (this.#copies.get(this.#copyKey(mapping, address, port)) !== undefined) return true;',
    to: '',
  },
  { name: 'TIME_WAIT is not reset', file: 'copy/target-step.ts', from: 'emitReset(work, copy, ack);\n    if (copy.retries++', to: 'if (copy.retries++' },
  { name: 'a deadline beyond a turn of the wheel is lost', file: 'timer-wheel.ts', from: 'this.#doneMs + SLOTS - 1);', to: 'this.#doneMs + SLOTS + 1);' },
  {
    name: 'copies to the wrong port',
    file: 'copy/emit.ts',
    from: 'segment.destinationPort = copy.targetPort;',
    to: 'segment.destinationPort = copy.session.serverPort;',
  },
];
