"""What runs in the browser: curves that follow the finger; one JavaScript file a job.

`hand.js` listens and attaches; `component.py` hands all of it to Streamlit as one text.

- A held slider: `slider.js` takes it, `keys.js` does for arrow keys, `plane.js` for the plane;
  `moving.js` has the charts in hand and draws each frame, `redraw.js` both at another setting,
  `gains.js` the measured curve there, `before.js` dims what belongs to the setting before,
  `dock.js` shows charts small that are out of sight.
- What theory says: `theory.js` with `table.js`, in words `words.js`; the band in
  `luck.js` with `pairs.js` and `strays.js`.
- The picture: `picture.js`, a copy of a chart that can move, of `parts.js`, `axes.js`, `svg.js`,
  `decades.js`; `mark.js` is the network's own mark on the plane.
- What plays: `play.js`, `sweep.js`, `strip.js`.
- The page: `page.js` has all that is relied on of it, `state.js` the hand's own state, `slip.js`
  keeps errors in; `standins.js` keeps charts from flashing, `spare.js` from being drawn twice.
"""
