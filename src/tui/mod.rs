//! Face 1, the dashboard: model, message, update, layout, keymap, view, runtime. One way round.
