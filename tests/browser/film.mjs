// Films that say what time it is, and reading it back out of a <video> of a page: a row of fourteen black and white boxes
// holds the tenths of a second (as tests/e2e/pictures.py).
import { execFileSync, spawn } from 'node:child_process'

const bits = 14
const box = 20
const width = 320
export const turn = 2 ** bits // tenths; then it begins anew

const marks = (seconds) => {
  const one = (i) => `drawbox=x=${i * box}:y=0:w=${box}:h=${box}:color=white:t=fill:enable='mod(floor((${seconds})*10/${2 ** i}),2)'`
  return `drawbox=x=0:y=0:w=${bits * box}:h=${box}:color=black:t=fill,${Array.from({ length: bits }, (_, i) => one(i)).join(',')}`
}

// What a browser takes for its camera (--use-file-for-fake-video-capture): its frames say their own time in the film.
export function cameraFilm(file, seconds = 120) {
  execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-y', '-f', 'lavfi', '-i', `testsrc=s=${width}x180:r=30`, '-t', String(seconds), '-vf', marks('t+0.005'), '-pix_fmt', 'yuvj420p', '-c:v', 'mjpeg', '-q:v', '3', '-f', 'mjpeg', file])
}

// An encoder like OBS: each frame says the machine's clock at the instant it was drawn.
export function publishClock(url) {
  const graph = `settb=1/1000,setpts=RTCTIME/1000,${marks('t')},setpts=PTS-STARTPTS`
  return spawn('ffmpeg', ['-v', 'error', '-nostdin', '-re', '-f', 'lavfi', '-i', `testsrc=s=${width}x180:r=20`, '-f', 'lavfi', '-i', 'sine=frequency=300:sample_rate=44100', '-vf', graph, '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '20', '-keyint_min', '20', '-sc_threshold', '0', '-b:v', '300k', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', '32k', '-ac', '1', '-f', 'flv', url], { stdio: ['ignore', 'ignore', 'inherit'] })
}

// What the page's video shows at this instant: {mark, at: the clock's tenths, frames}, or null before its first frame.
export const readMark = (page, selector) =>
  page.evaluate(
    ([selector, bits, box, width]) => {
      const video = document.querySelector(selector)
      if (!video?.videoWidth || video.readyState < 2) return null
      const canvas = document.createElement('canvas')
      canvas.width = video.videoWidth
      canvas.height = video.videoHeight
      const pen = canvas.getContext('2d')
      pen.drawImage(video, 0, 0)
      const at = Date.now() / 100
      const scale = video.videoWidth / width
      let mark = 0
      for (let i = 0; i < bits; i++) if (pen.getImageData(Math.round((i * box + box / 2) * scale), Math.round((box / 2) * scale), 1, 1).data[1] > 127) mark += 2 ** i
      return { mark, at, frames: video.getVideoPlaybackQuality().totalVideoFrames, size: `${video.videoWidth}×${video.videoHeight}` }
    },
    [selector, bits, box, width],
  )

export const apart = (later, earlier) => (((later - earlier) % turn) + turn) % turn
