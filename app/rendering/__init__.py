"""The scene is drawn by a process of its own: MuJoCo and OpenGL never run inside the window."""
