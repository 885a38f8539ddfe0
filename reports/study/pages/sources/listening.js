// What a rater has really seen and heard of a clip.

const TOLERANCE = 0.15; // seconds of a clip that may be missing: players begin late and end early by a few frames

/** Adds [from, to] to sorted, disjoint ranges; touching ones grow together. */
function addRange(ranges, from, to) {
  const all = ranges.concat([[from, to]]).sort((one, other) => one[0] - other[0]);
  const merged = [];
  for (const [begin, end] of all) {
    const last = merged[merged.length - 1];
    if (last && begin <= last[1] + 1e-3) last[1] = Math.max(last[1], end);
    else merged.push([begin, end]);
  }
  return merged;
}

function covered(ranges) {
  return ranges.reduce((sum, [begin, end]) => sum + end - begin, 0);
}

/** The browser's own record of what was played; skipped parts are not in it, but muted ones are. */
function playedRanges(video) {
  const ranges = [];
  for (let index = 0; index < video.played.length; index++) {
    ranges.push([video.played.start(index), video.played.end(index)]);
  }
  return ranges;
}

/**
 * Counts complete plays of a video: it ran to its end, every part of it was played at normal speed and, where sound
 * matters, with the sound on. Calls `onPass(plays)` after each, and `onGap()` when an end was reached without.
 */
class Listening {
  constructor(video, needsSound, onPass, onGap) {
    this.video = video;
    this.needsSound = needsSound;
    this.onPass = onPass;
    this.onGap = onGap;
    this.plays = 0;
    this.heard = [];
    this.rest = 0; // where the clip last stood still: a play begins there, however late we learn of it
    this.last = null; // where we last looked, while the clip runs
    video.addEventListener("playing", () => { this.last = this.last || { at: this.rest, audible: this.audible() }; });
    video.addEventListener("timeupdate", () => this.look());
    video.addEventListener("volumechange", () => this.look());
    video.addEventListener("pause", () => this.stop());
    video.addEventListener("seeking", () => { this.last = null; });
    video.addEventListener("seeked", () => this.land());
    video.addEventListener("ratechange", () => { if (video.playbackRate !== 1) video.playbackRate = 1; });
    video.addEventListener("ended", () => this.end());
  }

  audible() {
    return !this.needsSound || (!this.video.muted && this.video.volume > 0);
  }

  /** Counts what ran since the last look. During a jump there is nothing to count. */
  look() {
    if (!this.last || this.video.seeking) return;
    const now = this.video.currentTime;
    if (now > this.last.at && this.last.audible) this.heard = addRange(this.heard, this.last.at, now);
    this.last = { at: now, audible: this.audible() };
  }

  stop() {
    this.look();
    this.last = null;
    this.rest = this.video.currentTime;
  }

  land() {
    this.rest = this.video.currentTime;
    this.last = this.video.paused ? null : { at: this.rest, audible: this.audible() };
  }

  end() {
    this.stop();
    this.rest = 0; // the next play begins anew
    const enough = this.video.duration - TOLERANCE;
    if (covered(this.heard) >= enough && covered(playedRanges(this.video)) >= enough) {
      this.plays += 1;
      this.heard = [];
      this.onPass(this.plays);
    } else {
      this.onGap();
    }
  }
}

/** Seconds since `start`, without the time in which the page was out of sight. */
class Stopwatch {
  constructor() {
    this.sum = 0;
    this.since = null;
    this.running = false;
    document.addEventListener("visibilitychange", () => this.turn());
  }

  start() {
    this.running = true;
    this.turn();
  }

  turn() {
    const counts = this.running && document.visibilityState === "visible";
    if (this.since !== null) this.sum += (performance.now() - this.since) / 1000;
    this.since = counts ? performance.now() : null;
  }

  read() {
    this.turn();
    return Math.round(this.sum * 100) / 100;
  }
}
