"""What runs in the browser: curves that follow the finger; one JavaScript file a job."""
