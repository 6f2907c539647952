"""Who is heard: the model frame, the models, and how their answer is kept."""
